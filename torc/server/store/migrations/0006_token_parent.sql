-- What a program makes with its token ends with that token.
ALTER TABLE token ADD COLUMN parent_id INTEGER REFERENCES token (id) ON DELETE CASCADE;
CREATE INDEX token_by_parent ON token (parent_id);
