-- The ledger of records: one row for a message that has ended. No number, no text, no ciphertext of either.
-- The tenant is the first part of every index, so one tenant's list never reads another's rows.
CREATE TABLE messages(
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  token TEXT NOT NULL,
  reference TEXT,
  record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX messages_by_token ON messages(tenant, token, id);
CREATE INDEX messages_by_state ON messages(tenant, state, id);
CREATE INDEX messages_by_reference ON messages(tenant, reference, id) WHERE reference IS NOT NULL;
