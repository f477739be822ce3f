import { describe, expect, it } from 'vitest';
import { Lobby, networkOf } from '../../../src/pgwire/lobby.ts';

describe('Lobby', () => {
  it('sends the oldest away when everybody comes from one address', () => {
    const lobby = new Lobby<number>(3);
    const gone = [1, 2, 3, 4, 5].map((guest) => lobby.enter(guest, '10.0.0.1'));
    expect(gone).toEqual([undefined, undefined, undefined, 1, 2]);
    expect(lobby.size).toBe(3);
  });

  it('makes a flood from one address push out its own only', () => {
    const lobby = new Lobby<string>(10);
    for (let i = 0; i < 4; i++) lobby.enter(`honest ${i}`, `10.0.0.${i}`);
    const gone: (string | undefined)[] = [];
    for (let i = 0; i < 1000; i++) gone.push(lobby.enter(`flood ${i}`, '192.0.2.7'));
    expect(gone.slice(0, 6)).toEqual(Array(6).fill(undefined));
    expect(gone.slice(6)).toEqual(Array.from({ length: 994 }, (_, i) => `flood ${i}`));
    expect(lobby.enter('newcomer', '10.0.0.9')).toBe('flood 994');
  });

  it('sends the oldest of all away where nobody has more than others', () => {
    const lobby = new Lobby<number>(3);
    for (const guest of [1, 2, 3]) lobby.enter(guest, `10.0.0.${guest}`);
    expect(lobby.enter(4, '10.0.0.4')).toBe(1);
    lobby.leave(2);
    expect(lobby.enter(5, '10.0.0.5')).toBeUndefined();
    expect(lobby.enter(6, '10.0.0.6')).toBe(3);
  });

  it('counts nobody who has left, and takes a second leave for nothing', () => {
    const lobby = new Lobby<number>(2);
    lobby.enter(1, 'a');
    lobby.leave(1);
    lobby.leave(1);
    expect([2, 3].map((guest) => lobby.enter(guest, 'a'))).toEqual([undefined, undefined]);
    expect(lobby.enter(4, 'b')).toBe(2);
  });
});

describe('networkOf', () => {
  it.each([
    [null, ''],
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::1', '0:0:0:0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8::6', '2001:db8:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
