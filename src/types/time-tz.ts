/** time with time zone: local microseconds since midnight and the zone's offset. */
export class TimeTz {
  readonly micros: number;
  /** Seconds west of UTC, as PostgreSQL keeps it. */
  readonly zoneSecondsWest: number;

  constructor(micros: number, zoneSecondsWest: number) {
    this.micros = micros;
    this.zoneSecondsWest = zoneSecondsWest;
  }
}
