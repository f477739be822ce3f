/**
 * Zone abbreviations that date and time literals may use: PostgreSQL's Default set. A `d` after the
 * offset (seconds east of UTC) marks daylight saving time.
 */
const FIXED =
  'acdt 37800d acsst 37800d acst 34200 act -18000 acwst 31500 adt -10800d aedt 39600d aesst 39600d aest ' +
  '36000 aft 16200 akdt -28800d akst -32400 almst 25200d almt 21600 amt -14400 ast -14400 awsst 32400d ' +
  'awst 28800 azost 0d azot -3600 bdst 7200d bdt 21600 bnt 28800 bort 28800 bot -14400 bra -10800 brst ' +
  '-7200d brt -10800 bst 3600d btt 21600 cadt 37800d cast 34200 cct 28800 cdt -18000d cest 7200d cet ' +
  '3600 cetdst 7200d chadt 49500d chast 45900 chut 36000 clst -10800d cot -18000 cst -21600 cxt 25200 ' +
  'ddut 36000 eat 10800 edt -14400d eest 10800d eet 7200 eetdst 10800d egst 0d egt -3600 est -18000 fet ' +
  '10800 fjst 46800d fjt 43200 fnst -3600d fnt -7200 galt -21600 gamt -32400 gft -10800 gilt 43200 gmt ' +
  '0 hkt 28800 hst -36000 ict 25200 idt 10800d irt 12600 ist 7200 jayt 32400 jst 32400 kdt 36000d kgst ' +
  '21600d kst 32400 lhst 37800 ligt 36000 mart -34200 mdt -21600d mest 7200d mesz 7200d met 3600 metdst ' +
  '7200d mez 3600 mht 43200 mmt 23400 mpt 36000 msd 14400d mst -25200 must 18000d mut 14400 mvt 18000 ' +
  'myt 28800 ndt -9000d nft -12600 npt 20700 nst -12600 nzdt 46800d nzst 43200 nzt 43200 pdt -25200d ' +
  'pet -18000 pgt 36000 pht 28800 pkst 21600d pkt 18000 pmdt -7200d pmst -10800 pont 39600 pst -28800 ' +
  'pwt 32400 pyst -10800d ret 14400 sadt 37800d sast 7200 sct 14400 taht -36000 tft 18000 tjt 18000 tot ' +
  '46800 trut 36000 tvt 43200 uct 0 ulast 32400d ut 0 utc 0 uyst -7200d uyt -10800 uzst 21600d uzt ' +
  '18000 vut 39600 wadt 28800d wakt 43200 wast 25200 wat 3600 wdt 32400d wet 0 wetdst 3600d wft 43200 ' +
  'wgst -7200d wgt -10800 xjt 21600 yapt 36000 yekst 21600d z 0 zulu 0';

/** Abbreviations whose meaning changed over time: they stand for what the zone used at that moment. */
const DYNAMIC =
  'amst Asia/Yerevan anast Asia/Anadyr anat Asia/Anadyr arst America/Argentina/Buenos_Aires art ' +
  'America/Argentina/Buenos_Aires azst Asia/Baku azt Asia/Baku ckt Pacific/Rarotonga clt ' +
  'America/Santiago davt Antarctica/Davis easst Pacific/Easter east Pacific/Easter fkst ' +
  'Atlantic/Stanley fkt Atlantic/Stanley gest Asia/Tbilisi get Asia/Tbilisi gyt America/Guyana iot ' +
  'Indian/Chagos irkst Asia/Irkutsk irkt Asia/Irkutsk kgt Asia/Bishkek kost Pacific/Kosrae krast ' +
  'Asia/Krasnoyarsk krat Asia/Krasnoyarsk lhdt Australia/Lord_Howe lint Pacific/Kiritimati lkt ' +
  'Asia/Colombo magst Asia/Magadan magt Asia/Magadan mawt Antarctica/Mawson msk Europe/Moscow novst ' +
  'Asia/Novosibirsk novt Asia/Novosibirsk nut Pacific/Niue omsst Asia/Omsk omst Asia/Omsk petst ' +
  'Asia/Kamchatka pett Asia/Kamchatka pyt America/Asuncion sgt Asia/Singapore tkt Pacific/Fakaofo tmt ' +
  'Asia/Ashgabat ulat Asia/Ulaanbaatar vet America/Caracas vlast Asia/Vladivostok vlat Asia/Vladivostok ' +
  'volt Europe/Volgograd yakst Asia/Yakutsk yakt Asia/Yakutsk yekt Asia/Yekaterinburg';

/** What an abbreviation stands for. */
export type ZoneAbbreviation =
  | { readonly kind: 'fixed'; readonly seconds: number; readonly isDst: boolean }
  | { readonly kind: 'dynamic'; readonly zone: string };

function parseTables(): ReadonlyMap<string, ZoneAbbreviation> {
  const table = new Map<string, ZoneAbbreviation>();
  const fixed = FIXED.split(' ');
  for (let i = 0; i < fixed.length; i += 2) {
    const offset = fixed[i + 1] as string;
    const isDst = offset.endsWith('d');
    const seconds = Number(isDst ? offset.slice(0, -1) : offset);
    table.set(fixed[i] as string, { kind: 'fixed', seconds, isDst });
  }
  const dynamic = DYNAMIC.split(' ');
  for (let i = 0; i < dynamic.length; i += 2) {
    table.set(dynamic[i] as string, { kind: 'dynamic', zone: dynamic[i + 1] as string });
  }
  return table;
}

/** All abbreviations by their lower-case name. */
export const ZONE_ABBREVIATIONS = parseTables();
