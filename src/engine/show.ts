/** SHOW and current_setting: values of settings as PostgreSQL prints them. */
import type { SessionSettings } from './settings/session-settings.ts';

/** undefined for a name that is not known. */
export function showSetting(settings: SessionSettings, name: string): string | undefined {
  return settings.get(name);
}
