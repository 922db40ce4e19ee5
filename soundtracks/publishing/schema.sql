-- links.sqlite: what a run found, ready for SQL and for Datasette.
PRAGMA foreign_keys = ON;

CREATE TABLE films (
  tmdb_id TEXT PRIMARY KEY,
  title TEXT,
  original_title TEXT,
  alternative_titles TEXT,
  year INTEGER,
  composers TEXT,
  performers TEXT,
  language TEXT,
  popularity REAL,
  imdb_id TEXT,
  wikidata_id TEXT,
  listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
  url TEXT
);

CREATE TABLE albums (
  album_id TEXT PRIMARY KEY,
  title TEXT,
  artist TEXT,
  year INTEGER,
  first_year INTEGER,
  master_id TEXT,
  genres TEXT,
  styles TEXT,
  formats TEXT,
  country TEXT,
  url TEXT
);

CREATE TABLE links (
  id INTEGER PRIMARY KEY,
  album_id TEXT NOT NULL REFERENCES albums (album_id),
  tmdb_id TEXT REFERENCES films (tmdb_id),
  decision TEXT NOT NULL CHECK (decision IN ('accept', 'review', 'reject')),
  probability REAL CHECK (probability BETWEEN 0 AND 1),
  match_weight REAL,
  runner_up_tmdb_id TEXT REFERENCES films (tmdb_id),
  runner_up_gap REAL,
  decided_by TEXT NOT NULL CHECK (decided_by IN ('model', 'person')),
  reviewer TEXT,
  reviewed_at TEXT,
  UNIQUE (album_id, tmdb_id)
);

CREATE TABLE evidence (
  link_id INTEGER NOT NULL REFERENCES links (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  level TEXT,
  weight REAL,
  PRIMARY KEY (link_id, position)
);

CREATE TABLE notices (position INTEGER PRIMARY KEY, notice TEXT NOT NULL);

CREATE INDEX links_tmdb_id ON links (tmdb_id, decision);
CREATE INDEX links_decision ON links (decision, probability);
CREATE INDEX links_runner_up ON links (runner_up_tmdb_id);
CREATE INDEX evidence_name ON evidence (name, level);
CREATE INDEX films_year ON films (year);
CREATE INDEX albums_year ON albums (year);
CREATE INDEX albums_master_id ON albums (master_id);

CREATE VIEW accepted AS
  SELECT l.album_id, a.title AS album_title, a.artist AS album_artist, a.year AS album_year, a.url AS album_url,
         l.tmdb_id, f.title AS film_title, f.year AS film_year, f.url AS film_url,
         l.probability, l.match_weight, l.decided_by, l.id AS link_id
  FROM links AS l JOIN albums AS a USING (album_id) JOIN films AS f USING (tmdb_id)
  WHERE l.decision = 'accept';

CREATE VIEW review_queue AS
  SELECT l.album_id, a.title AS album_title, a.artist AS album_artist, a.year AS album_year, a.url AS album_url,
         l.tmdb_id, f.title AS film_title, f.year AS film_year, f.url AS film_url,
         l.probability, l.match_weight, r.title AS runner_up_title, r.year AS runner_up_year, l.runner_up_gap, l.id AS link_id
  FROM links AS l JOIN albums AS a USING (album_id) LEFT JOIN films AS f USING (tmdb_id)
       LEFT JOIN films AS r ON r.tmdb_id = l.runner_up_tmdb_id
  WHERE l.decision = 'review'
  ORDER BY l.probability DESC;

CREATE VIEW unmatched_films AS
  SELECT f.tmdb_id, f.title, f.year, f.composers, f.url,
         (SELECT count(*) FROM links AS l WHERE l.tmdb_id = f.tmdb_id AND l.decision = 'review') AS albums_to_review
  FROM films AS f
  WHERE f.listed AND NOT EXISTS (SELECT 1 FROM links AS l WHERE l.tmdb_id = f.tmdb_id AND l.decision = 'accept');

CREATE VIEW unmatched_albums AS
  SELECT a.album_id, a.title, a.artist, a.year, a.styles, a.url
  FROM albums AS a
  WHERE NOT EXISTS (SELECT 1 FROM links AS l WHERE l.album_id = a.album_id AND l.decision IN ('accept', 'review'));

CREATE VIEW decided_by_people AS
  SELECT l.reviewed_at, l.reviewer, l.decision, a.title AS album_title, f.title AS film_title,
         l.probability, l.album_id, l.tmdb_id
  FROM links AS l JOIN albums AS a USING (album_id) LEFT JOIN films AS f USING (tmdb_id)
  WHERE l.decided_by = 'person'
  ORDER BY l.reviewed_at DESC;

CREATE VIEW evidence_summary AS
  SELECT name, level, count(*) AS links, round(avg(weight), 2) AS mean_weight,
         sum(l.decision = 'accept') AS accepted, sum(l.decision = 'review') AS to_review
  FROM evidence AS e JOIN links AS l ON l.id = e.link_id
  GROUP BY name, level;

-- Search: films and albums by any of their names, accents and case aside (Datasette finds it by content="…" in double quotes).
CREATE VIRTUAL TABLE films_fts USING fts5 (
  title, original_title, alternative_titles, composers, content="films", tokenize='unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE albums_fts USING fts5 (
  title, artist, content="albums", tokenize='unicode61 remove_diacritics 2'
);
