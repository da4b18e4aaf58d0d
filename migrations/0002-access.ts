import type { Migration } from './migration.ts'

/** Organizations, teams, grants, robots, tokens, invitations; names that were given up; an audit trail one can search. */
export const access: Migration = {
  version: 2,
  name: 'access',
  sqlite: `
    ALTER TABLE account ADD COLUMN base_permission TEXT NOT NULL DEFAULT 'pull'
      CHECK (base_permission IN ('none', 'pull', 'push'));
    ALTER TABLE account ADD COLUMN default_visibility TEXT NOT NULL DEFAULT 'private'
      CHECK (default_visibility IN ('private', 'public'));
    ALTER TABLE account ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE repository ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX account_kind_name_idx ON account (kind, name);
    CREATE INDEX upload_session_subject_idx ON upload_session (subject);

    -- A name that an account gave up. While the account is there it still answers to the name; without one the name
    -- only waits until others may take it.
    CREATE TABLE former_account_name (
      name TEXT PRIMARY KEY,
      account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
      freed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX former_account_name_account_id_idx ON former_account_name (account_id);
    CREATE TABLE former_repository_name (
      name TEXT PRIMARY KEY,
      repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
      freed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX former_repository_name_repository_id_idx ON former_repository_name (repository_id);

    CREATE TABLE organization_member (
      organization_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      user_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'member', 'auditor')),
      joined_at INTEGER NOT NULL,
      PRIMARY KEY (organization_id, user_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX organization_member_user_id_idx ON organization_member (user_id);
    CREATE INDEX organization_member_owner_idx ON organization_member (organization_id) WHERE role = 'owner';

    CREATE TABLE team (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      organization_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX team_organization_id_name_idx ON team (organization_id, name);

    CREATE TABLE team_member (
      team_id INTEGER NOT NULL REFERENCES team (id) ON DELETE CASCADE,
      user_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      PRIMARY KEY (team_id, user_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX team_member_user_id_idx ON team_member (user_id);

    CREATE TABLE robot (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      organization_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      expires_at INTEGER,
      disabled_at INTEGER,
      created_at INTEGER NOT NULL,
      version INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    CREATE UNIQUE INDEX robot_organization_id_name_idx ON robot (organization_id, name);

    CREATE TABLE robot_secret (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      robot_id INTEGER NOT NULL REFERENCES robot (id) ON DELETE CASCADE,
      secret_hash BLOB NOT NULL UNIQUE,
      created_at INTEGER NOT NULL,
      last_used_at INTEGER,
      last_used_from TEXT
    ) STRICT;
    CREATE INDEX robot_secret_robot_id_idx ON robot_secret (robot_id);

    -- The pattern is the part after the organization's name, which may change. The prefix is the pattern up to its first
    -- wildcard: those that could cover a name are found by the name's own prefixes, whatever the number of grants.
    CREATE TABLE access_grant (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      organization_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      user_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
      team_id INTEGER REFERENCES team (id) ON DELETE CASCADE,
      robot_id INTEGER REFERENCES robot (id) ON DELETE CASCADE,
      pattern TEXT NOT NULL,
      prefix TEXT NOT NULL,
      permission TEXT NOT NULL CHECK (permission IN ('pull', 'push', 'maintain', 'admin')),
      created_at INTEGER NOT NULL,
      CHECK ((user_id IS NOT NULL) + (team_id IS NOT NULL) + (robot_id IS NOT NULL) = 1)
    ) STRICT;
    CREATE INDEX access_grant_organization_id_idx ON access_grant (organization_id);
    CREATE INDEX access_grant_organization_id_prefix_idx ON access_grant (organization_id, prefix, permission);
    CREATE UNIQUE INDEX access_grant_user_idx ON access_grant (user_id, organization_id, prefix, pattern)
      WHERE user_id IS NOT NULL;
    CREATE UNIQUE INDEX access_grant_team_idx ON access_grant (team_id, prefix, pattern) WHERE team_id IS NOT NULL;
    CREATE UNIQUE INDEX access_grant_robot_idx ON access_grant (robot_id, prefix, pattern) WHERE robot_id IS NOT NULL;

    CREATE TABLE access_token (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      user_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      token_hash BLOB NOT NULL UNIQUE,
      is_scoped INTEGER NOT NULL CHECK (is_scoped IN (0, 1)),
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      last_used_at INTEGER,
      last_used_from TEXT
    ) STRICT;
    CREATE INDEX access_token_user_id_idx ON access_token (user_id);
    CREATE TABLE access_token_scope (
      access_token_id INTEGER NOT NULL REFERENCES access_token (id) ON DELETE CASCADE,
      pattern TEXT NOT NULL,
      permission TEXT NOT NULL CHECK (permission IN ('pull', 'push', 'maintain', 'admin')),
      PRIMARY KEY (access_token_id, pattern)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX access_token_scope_pattern_idx ON access_token_scope (pattern);

    CREATE TABLE invitation (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      token_hash BLOB NOT NULL UNIQUE,
      organization_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
      role TEXT CHECK (role IN ('owner', 'manager', 'member', 'auditor')),
      note TEXT,
      invited_by INTEGER REFERENCES account (id) ON DELETE CASCADE,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      CHECK ((organization_id IS NULL) = (role IS NULL))
    ) STRICT;
    CREATE INDEX invitation_organization_id_idx ON invitation (organization_id);
    CREATE INDEX invitation_invited_by_idx ON invitation (invited_by);

    -- Refresh tokens can be listed, so they have an identity of their own and say when they were used last.
    CREATE TABLE new_refresh_token (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      token_hash BLOB NOT NULL UNIQUE,
      account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      credentials_version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      created_from TEXT NOT NULL,
      last_used_at INTEGER,
      last_used_from TEXT
    ) STRICT;
    INSERT INTO new_refresh_token (token_hash, account_id, credentials_version, created_at, created_from)
      SELECT token_hash, account_id, credentials_version, created_at, '' FROM refresh_token;
    DROP TABLE refresh_token;
    ALTER TABLE new_refresh_token RENAME TO refresh_token;
    CREATE INDEX refresh_token_account_id_idx ON refresh_token (account_id);

    -- The account an event concerns: the organization or user whose namespace, members or settings it is about.
    ALTER TABLE audit_event ADD COLUMN owner_id INTEGER;
    ALTER TABLE audit_event ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused'));
    CREATE INDEX audit_event_owner_id_idx ON audit_event (owner_id, id);
    CREATE INDEX audit_event_account_name_idx ON audit_event (account_name, id);
  `,
}
