/** Every virtual table there is. */
import type { VirtualTable } from './virtual-table.ts';

export const VIRTUAL_TABLES: readonly VirtualTable[] = [];
