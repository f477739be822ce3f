import { describe, expect, it } from 'vitest';
import { readConfig, type ServerConfig } from '../../../src/server/config.ts';

function read(
  flags: Record<string, string>,
  environment: Record<string, string> = {},
  text?: string,
): ServerConfig {
  return readConfig({
    flags: new Map(Object.entries(flags)),
    environment: new Map(Object.entries(environment)),
    file: text === undefined ? undefined : { path: 'varve.conf', text },
  });
}

describe('readConfig', () => {
  it('has defaults for everything but the data directory', () => {
    expect(read({ data: 'd' })).toMatchObject({
      data: 'd',
      listen: '127.0.0.1',
      port: 5432,
      httpPort: 8086,
      connectionsMax: 100,
      superuserPlaces: 3,
      authenticationMs: 60_000,
      logLevel: 'warn',
      warmUp: true,
    });
    expect(read({ data: 'd' }, { VARVE_WARM_UP: 'off' }).warmUp).toBe(false);
    expect(() => read({ data: 'd', warm_up: 'no' })).toThrow('warm_up must be on or off');
    expect(() => read({})).toThrow('no data directory given');
  });

  it('prefers flags to variables, variables to the file', () => {
    const file =
      '# comment\n\ndata = \'/file\' # here\nport = 1\nlisten = "::1"\nlog_level=debug\n';
    expect(read({ port: '3' }, { VARVE_PORT: '2', VARVE_LISTEN: '::2' }, file)).toMatchObject({
      data: '/file',
      port: 3,
      listen: '::2',
      logLevel: 'debug',
    });
  });

  it("takes PostgreSQL's units for authentication_timeout", () => {
    for (const [text, ms] of [
      ['5', 5000],
      ['1500ms', 2000],
      ['2min', 120_000],
    ] as const) {
      expect(read({ data: 'd', authentication_timeout: text }).authenticationMs).toBe(ms);
    }
    expect(() => read({ data: 'd', authentication_timeout: '0' })).toThrow(
      '0 s is outside the valid range for parameter "authentication_timeout" (1 .. 600)',
    );
    expect(() => read({ data: 'd', authentication_timeout: 'soon' })).toThrow(
      'invalid value for parameter "authentication_timeout": "soon"',
    );
  });

  it('reserves fewer places for superusers than there are', () => {
    expect(read({ data: 'd', max_connections: '2' }).superuserPlaces).toBe(1);
    const five = { data: 'd', max_connections: '5' };
    expect(read({ ...five, superuser_reserved_connections: '4' }).superuserPlaces).toBe(4);
    expect(() => read({ ...five, superuser_reserved_connections: '5' })).toThrow(
      'superuser_reserved_connections (5) must be less than max_connections (5)',
    );
  });

  it('names what is wrong', () => {
    expect(() => read({ data: 'd', port: '70000' })).toThrow(
      'port must be a whole number from 0 to 65535, not "70000"',
    );
    expect(() => read({ data: 'd', port: 'NaN' })).toThrow('not "NaN"');
    expect(() => read({ data: 'd', tls_cert: 'c' })).toThrow(
      '--tls-cert and --tls-key belong together',
    );
    expect(() => read({ data: 'd' }, { VARVE_LOG_LEVEL: 'loud' })).toThrow(
      'log_level must be one of',
    );
    expect(() => read({ data: 'd' }, {}, 'port 5\n')).toThrow(
      'varve.conf:1: expected name = value',
    );
    expect(() => read({ data: 'd' }, {}, '\nprot = 5\n')).toThrow(
      'varve.conf:2: unknown name "prot"',
    );
  });
});
