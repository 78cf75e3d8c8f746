-- The ledger of records of verifications that have ended: no number, no code, no digest, no text, no context.
CREATE TABLE verifications(
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  token TEXT NOT NULL,
  record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX verifications_by_token ON verifications(tenant, token, id);
CREATE INDEX verifications_by_state ON verifications(tenant, state, id);
