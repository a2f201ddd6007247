CREATE TABLE access_group (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    created_at TEXT NOT NULL
);

CREATE TABLE access_group_member (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id INTEGER NOT NULL REFERENCES access_group (id) ON DELETE CASCADE,
    user_name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (user_name, group_id)
);
CREATE INDEX access_group_member_by_group ON access_group_member (group_id);

CREATE TABLE workflow_access_group (
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES access_group (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (workflow_id, group_id)
) WITHOUT ROWID;
CREATE INDEX workflow_access_group_by_group ON workflow_access_group (group_id);

-- Names that workflows gave before there were groups become groups without members.
INSERT INTO access_group (name, created_at)
SELECT DISTINCT
    n.value,
    strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
FROM workflow AS w, json_each(w.access_groups) AS n
WHERE w.access_groups IS NOT NULL;

INSERT INTO workflow_access_group (workflow_id, group_id, created_at)
SELECT DISTINCT
    w.id,
    g.id,
    g.created_at
FROM workflow AS w, json_each(w.access_groups) AS n
INNER JOIN access_group AS g ON n.value = g.name
WHERE w.access_groups IS NOT NULL;

ALTER TABLE workflow DROP COLUMN access_groups;

-- Bearer tokens of programs. Only the SHA-256 of the secret is kept.
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- Null for tokens that the holder of the server's own token has made.
    user_name TEXT,
    workflow_id INTEGER REFERENCES workflow (id) ON DELETE CASCADE,
    compute_node_id INTEGER REFERENCES compute_node (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    -- Seconds since the epoch.
    expires_at REAL,
    last_used_at REAL
);
CREATE INDEX token_by_user ON token (user_name);
CREATE INDEX token_by_workflow ON token (workflow_id);
CREATE INDEX token_by_compute_node ON token (compute_node_id);
