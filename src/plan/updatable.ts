/** Which of INSERT, UPDATE and DELETE a relation takes, as PostgreSQL's catalog functions count them. */
import { liveColumns, type RelationDescriptor, type ViewDescriptor } from '../catalog/catalog.ts';
import { BindContext, type BindEnvironment } from './bind/context.ts';
import { NO_COLUMNS, viewShape } from './bind/view-shape.ts';

/** Bits of pg_relation_is_updatable. */
export const UPDATE_EVENT = 4;
export const INSERT_EVENT = 8;
export const DELETE_EVENT = 16;
export const ALL_EVENTS = UPDATE_EVENT | INSERT_EVENT | DELETE_EVENT;

/** What can be done to a relation; with `attnum`, what can be done to this column of it. */
export function updatableEvents(
  relation: RelationDescriptor,
  attnum: number | undefined,
  env: BindEnvironment,
): number {
  const columns = attnum === undefined ? undefined : placesOf(relation, attnum);
  return eventsOf(new BindContext(env), relation, columns, []);
}

/** Why a view cannot have a check option; undefined where it can. */
export function checkOptionRefusal(view: ViewDescriptor, env: BindEnvironment): string | undefined {
  const shape = viewShape(new BindContext(env), view);
  if (typeof shape === 'string') return shape;
  return shape.columns.some((column) => typeof column === 'number') ? undefined : NO_COLUMNS;
}

function placesOf(relation: RelationDescriptor, attnum: number): ReadonlySet<number> {
  const live = 'columns' in relation ? liveColumns(relation) : [];
  const place = live.findIndex((column) => column.attnum === attnum);
  return new Set(place < 0 ? [] : [place]);
}

function eventsOf(
  context: BindContext,
  relation: RelationDescriptor,
  wanted: ReadonlySet<number> | undefined,
  outer: readonly RelationDescriptor[],
): number {
  if (relation.kind === 'table') return ALL_EVENTS;
  if (relation.kind !== 'view' || outer.includes(relation)) return 0;
  const shape = viewShape(context, relation);
  if (typeof shape === 'string') return 0;
  const below = new Set<number>();
  shape.columns.forEach((column, place) => {
    if (typeof column === 'number' && wanted?.has(place) !== false) below.add(column);
  });
  const events = below.size === 0 ? DELETE_EVENT : ALL_EVENTS;
  return events & eventsOf(context, shape.base, below, [...outer, relation]);
}
