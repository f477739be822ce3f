/** ClickBench's 43 queries, by their numbers. Where rows tie, only the columns they tie on are compared. */
import type { Dialect } from '../systems/system.ts';
import { isSql } from './dialect.ts';
import type { QueryType } from './query.ts';

type Text = string | ((dialect: Dialect) => string);
type Entry = readonly [kinds: string, text: Text, compare?: readonly number[]];

const HIT_KINDS = 'stdnnnsssssnnnnsnnnnnnnss';
const COUNTER_62 =
  "CounterID = 62 AND EventDate >= '2013-07-01' AND EventDate <= '2013-07-31' AND IsRefresh = 0";
const TOP = 'ORDER BY PageViews DESC LIMIT 10';
const WIDTHS = Array.from({ length: 90 }, (_, i) => `sum(ResolutionWidth + ${i})`).join(', ');
const MINUTE = 'extract(minute FROM EventTime)';

const QUERIES: readonly Entry[] = [
  ['n', 'SELECT count(*) FROM hits'],
  ['n', 'SELECT count(*) FROM hits WHERE AdvEngineID <> 0'],
  ['nnn', 'SELECT sum(AdvEngineID), count(*), avg(ResolutionWidth) FROM hits'],
  // Sums of 64-bit numbers wrap around in ClickHouse's avg, so there it is told to use floats.
  ['n', (d) => `SELECT avg(${d === 'clickhouse' ? 'toFloat64(UserID)' : 'UserID'}) FROM hits`],
  ['n', 'SELECT count(DISTINCT UserID) FROM hits'],
  ['n', 'SELECT count(DISTINCT SearchPhrase) FROM hits'],
  ['dd', 'SELECT min(EventDate), max(EventDate) FROM hits'],
  [
    'nn',
    'SELECT AdvEngineID, count(*) AS c FROM hits WHERE AdvEngineID <> 0 GROUP BY AdvEngineID ORDER BY c DESC',
  ],
  [
    'nn',
    'SELECT RegionID, count(DISTINCT UserID) AS u FROM hits GROUP BY RegionID ORDER BY u DESC LIMIT 10',
    [1],
  ],
  [
    'nnnnn',
    'SELECT RegionID, sum(AdvEngineID), count(*) AS c, avg(ResolutionWidth), count(DISTINCT UserID) FROM hits GROUP BY RegionID ORDER BY c DESC LIMIT 10',
    [2],
  ],
  [
    'sn',
    "SELECT MobilePhoneModel, count(DISTINCT UserID) AS u FROM hits WHERE MobilePhoneModel <> '' GROUP BY MobilePhoneModel ORDER BY u DESC LIMIT 10",
    [1],
  ],
  [
    'nsn',
    "SELECT MobilePhone, MobilePhoneModel, count(DISTINCT UserID) AS u FROM hits WHERE MobilePhoneModel <> '' GROUP BY MobilePhone, MobilePhoneModel ORDER BY u DESC LIMIT 10",
    [2],
  ],
  [
    'sn',
    "SELECT SearchPhrase, count(*) AS c FROM hits WHERE SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY c DESC LIMIT 10",
    [1],
  ],
  [
    'sn',
    "SELECT SearchPhrase, count(DISTINCT UserID) AS u FROM hits WHERE SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY u DESC LIMIT 10",
    [1],
  ],
  [
    'nsn',
    "SELECT SearchEngineID, SearchPhrase, count(*) AS c FROM hits WHERE SearchPhrase <> '' GROUP BY SearchEngineID, SearchPhrase ORDER BY c DESC LIMIT 10",
    [2],
  ],
  ['sn', 'SELECT UserID, count(*) AS c FROM hits GROUP BY UserID ORDER BY c DESC LIMIT 10', [1]],
  [
    'ssn',
    'SELECT UserID, SearchPhrase, count(*) AS c FROM hits GROUP BY UserID, SearchPhrase ORDER BY c DESC LIMIT 10',
    [2],
  ],
  [
    'ssn',
    'SELECT UserID, SearchPhrase, count(*) FROM hits GROUP BY UserID, SearchPhrase LIMIT 10',
    [],
  ],
  [
    'snsn',
    `SELECT UserID, ${MINUTE} AS m, SearchPhrase, count(*) AS c FROM hits GROUP BY UserID, m, SearchPhrase ORDER BY c DESC LIMIT 10`,
    [3],
  ],
  ['s', 'SELECT UserID FROM hits WHERE UserID = 435090932899640449'],
  ['n', "SELECT count(*) FROM hits WHERE URL LIKE '%google%'"],
  [
    'ssn',
    "SELECT SearchPhrase, min(URL), count(*) AS c FROM hits WHERE URL LIKE '%google%' AND SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY c DESC LIMIT 10",
    [2],
  ],
  [
    'sssnn',
    "SELECT SearchPhrase, min(URL), min(Title), count(*) AS c, count(DISTINCT UserID) FROM hits WHERE Title LIKE '%Google%' AND URL NOT LIKE '%.google.%' AND SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY c DESC LIMIT 10",
    [3],
  ],
  [HIT_KINDS, "SELECT * FROM hits WHERE URL LIKE '%google%' ORDER BY EventTime LIMIT 10", [1]],
  ['s', "SELECT SearchPhrase FROM hits WHERE SearchPhrase <> '' ORDER BY EventTime LIMIT 10", []],
  ['s', "SELECT SearchPhrase FROM hits WHERE SearchPhrase <> '' ORDER BY SearchPhrase LIMIT 10"],
  [
    's',
    "SELECT SearchPhrase FROM hits WHERE SearchPhrase <> '' ORDER BY EventTime, SearchPhrase LIMIT 10",
  ],
  [
    'nnn',
    "SELECT CounterID, avg(length(URL)) AS l, count(*) AS c FROM hits WHERE URL <> '' GROUP BY CounterID HAVING count(*) > 1000 ORDER BY l DESC LIMIT 25",
    [1],
  ],
  [
    'snns',
    (d) =>
      `SELECT ${domain(d)} AS k, avg(length(Referer)) AS l, count(*) AS c, min(Referer) FROM hits WHERE Referer <> '' GROUP BY k HAVING count(*) > 1000 ORDER BY l DESC LIMIT 25`,
  ],
  ['n'.repeat(90), `SELECT ${WIDTHS} FROM hits`],
  [
    'nnnnn',
    "SELECT SearchEngineID, ClientIP, count(*) AS c, sum(IsRefresh), avg(ResolutionWidth) FROM hits WHERE SearchPhrase <> '' GROUP BY SearchEngineID, ClientIP ORDER BY c DESC LIMIT 10",
    [2],
  ],
  [
    'snnnn',
    "SELECT WatchID, ClientIP, count(*) AS c, sum(IsRefresh), avg(ResolutionWidth) FROM hits WHERE SearchPhrase <> '' GROUP BY WatchID, ClientIP ORDER BY c DESC LIMIT 10",
    [2],
  ],
  [
    'snnnn',
    'SELECT WatchID, ClientIP, count(*) AS c, sum(IsRefresh), avg(ResolutionWidth) FROM hits GROUP BY WatchID, ClientIP ORDER BY c DESC LIMIT 10',
    [2],
  ],
  ['sn', 'SELECT URL, count(*) AS c FROM hits GROUP BY URL ORDER BY c DESC LIMIT 10', [1]],
  ['nsn', 'SELECT 1, URL, count(*) AS c FROM hits GROUP BY 1, URL ORDER BY c DESC LIMIT 10', [2]],
  [
    'nnnnn',
    'SELECT ClientIP, ClientIP - 1, ClientIP - 2, ClientIP - 3, count(*) AS c FROM hits GROUP BY ClientIP, ClientIP - 1, ClientIP - 2, ClientIP - 3 ORDER BY c DESC LIMIT 10',
    [4],
  ],
  [
    'sn',
    `SELECT URL, count(*) AS PageViews FROM hits WHERE ${COUNTER_62} AND DontCountHits = 0 AND URL <> '' GROUP BY URL ${TOP}`,
    [1],
  ],
  [
    'sn',
    `SELECT Title, count(*) AS PageViews FROM hits WHERE ${COUNTER_62} AND DontCountHits = 0 AND Title <> '' GROUP BY Title ${TOP}`,
    [1],
  ],
  [
    'sn',
    `SELECT URL, count(*) AS PageViews FROM hits WHERE ${COUNTER_62} AND IsLink <> 0 AND IsDownload = 0 GROUP BY URL ${TOP} OFFSET 1000`,
    [1],
  ],
  [
    'nnnssn',
    `SELECT TraficSourceID, SearchEngineID, AdvEngineID, CASE WHEN (SearchEngineID = 0 AND AdvEngineID = 0) THEN Referer ELSE '' END AS Src, URL AS Dst, count(*) AS PageViews FROM hits WHERE ${COUNTER_62} GROUP BY TraficSourceID, SearchEngineID, AdvEngineID, Src, Dst ${TOP} OFFSET 1000`,
    [5],
  ],
  [
    'sdn',
    `SELECT URLHash, EventDate, count(*) AS PageViews FROM hits WHERE ${COUNTER_62} AND TraficSourceID IN (-1, 6) AND RefererHash = 3594120000172545465 GROUP BY URLHash, EventDate ${TOP} OFFSET 100`,
    [2],
  ],
  [
    'nnn',
    `SELECT WindowClientWidth, WindowClientHeight, count(*) AS PageViews FROM hits WHERE ${COUNTER_62} AND DontCountHits = 0 AND URLHash = 2868770270353813622 GROUP BY WindowClientWidth, WindowClientHeight ${TOP} OFFSET 10000`,
    [2],
  ],
  [
    'tn',
    `SELECT date_trunc('minute', EventTime) AS M, count(*) AS PageViews FROM hits WHERE CounterID = 62 AND EventDate >= '2013-07-14' AND EventDate <= '2013-07-15' AND IsRefresh = 0 AND DontCountHits = 0 GROUP BY date_trunc('minute', EventTime) ORDER BY date_trunc('minute', EventTime) LIMIT 10 OFFSET 1000`,
  ],
];

function domain(dialect: Dialect): string {
  const pattern = String.raw`'^https?://(?:www\.)?([^/]+)/.*$'`;
  return dialect === 'clickhouse'
    ? String.raw`replaceRegexpOne(Referer, '^https?://(?:www\\.)?([^/]+)/.*$', '\\1')`
    : String.raw`regexp_replace(Referer, ${pattern}, '\1')`;
}

export function clickBenchQueries(): QueryType[] {
  return QUERIES.map(([kinds, text, compare], i) => ({
    name: `Q${i}`,
    kinds,
    columns: [],
    ...(compare === undefined ? {} : { compare }),
    isFixed: true,
    instance: () => (dialect) => {
      if (!isSql(dialect) || dialect === 'questdb') return undefined;
      return typeof text === 'string' ? text : text(dialect);
    },
  }));
}
