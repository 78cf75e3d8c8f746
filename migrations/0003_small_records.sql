-- Records of 500 bytes at most, in two rows: the tables of before are converted into the layout of src/messages/records/layout.ts and
-- src/verify/record.ts, and dropped. The primary key is (state, id), so that a list by state needs no index and a tenant, which is
-- in the id, no column. A worker from before this file can neither read nor write records until the new one is deployed; what
-- ended meanwhile waits in the tenants' objects.
CREATE TABLE small_messages(
  state TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  token TEXT NOT NULL,
  reference TEXT,
  record TEXT NOT NULL,
  PRIMARY KEY(state, id)
) STRICT, WITHOUT ROWID;

INSERT INTO small_messages(state, id, version, token, reference, record)
SELECT
  state,
  id,
  version,
  replace(token, 'tok_' || owner, ''),
  reference,
  json_array(
    replace(record ->> '$.to.mask', '•••••••', '*'),
    record ->> '$.to.country',
    record ->> '$.to.kind',
    record ->> '$.purpose',
    record ->> '$.from',
    record ->> '$.encoding',
    record ->> '$.segments',
    created,
    CAST(round((julianday(record ->> '$.expires_at') - 2440587.5) * 86400000) AS INTEGER) - created,
    CAST(round((julianday(record ->> '$.sent_at') - 2440587.5) * 86400000) AS INTEGER) - created,
    CAST(round((julianday(record ->> '$.ended_at') - 2440587.5) * 86400000) AS INTEGER) - created,
    replace(record ->> '$.carrier', account, ''),
    json((
      SELECT json_group_array(json_array(
        CASE WHEN value ->> '$.carrier' = record ->> '$.carrier' THEN NULL ELSE replace(value ->> '$.carrier', account, '') END,
        value ->> '$.outcome',
        CAST(round((julianday(value ->> '$.at') - 2440587.5) * 86400000) AS INTEGER) - created,
        value ->> '$.latency_ms',
        value ->> '$.code',
        value ->> '$.carrier_reference'
      )) FROM json_each(record, '$.attempts')
    )),
    json(CASE WHEN record ->> '$.price.currency' IS NOT NULL
      THEN json_array(record ->> '$.price.amount', record ->> '$.price.currency') END),
    json_patch('{}', json_object(
      'batch', replace(record ->> '$.batch_id', 'bat_' || owner, ''),
      'reason', record ->> '$.reason',
      'schedule', CAST(round((julianday(record ->> '$.schedule_at') - 2440587.5) * 86400000) AS INTEGER) - created,
      'route', json(CASE WHEN record ->> '$.route.choose' IS NOT NULL THEN json_array(
        record ->> '$.route.rule',
        record ->> '$.route.choose',
        json((
          SELECT json_group_array(json_array(replace(value ->> '$.carrier', account, ''), value ->> '$.reason'))
          FROM json_each(record, '$.route.passed_over')
        ))
      ) END)
    ))
  )
FROM (
  SELECT
    *,
    substr(id, 5, 10) AS owner,
    'car_' || substr(id, 5, 1) || '000000000' AS account,
    CAST(round((julianday(record ->> '$.created_at') - 2440587.5) * 86400000) AS INTEGER) AS created
  FROM messages
);

DROP TABLE messages;
ALTER TABLE small_messages RENAME TO messages;
CREATE INDEX messages_by_token ON messages(token, id);
CREATE INDEX messages_by_reference ON messages(reference, id) WHERE reference IS NOT NULL;

CREATE TABLE small_verifications(
  state TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  token TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY(state, id)
) STRICT, WITHOUT ROWID;

INSERT INTO small_verifications(state, id, version, token, record)
SELECT
  state,
  id,
  version,
  replace(token, 'tok_' || owner, ''),
  json_array(
    replace(record ->> '$.to.mask', '•••••••', '*'),
    record ->> '$.to.country',
    record ->> '$.to.kind',
    record ->> '$.channel',
    record ->> '$.intent',
    replace(record ->> '$.service', 'svc_' || owner, ''),
    record ->> '$.template',
    record ->> '$.locale',
    record ->> '$.factor_strength',
    created,
    CAST(round((julianday(record ->> '$.expires_at') - 2440587.5) * 86400000) AS INTEGER) - created,
    CAST(round((julianday(record ->> '$.ended_at') - 2440587.5) * 86400000) AS INTEGER) - created,
    record ->> '$.reason',
    json((
      SELECT json_group_array(json_array(
        replace(value ->> '$.message_id', 'msg_' || owner, ''),
        CAST(round((julianday(value ->> '$.at') - 2440587.5) * 86400000) AS INTEGER) - created,
        value ->> '$.state',
        replace(value ->> '$.carrier', account, '')
      )) FROM json_each(record, '$.sends')
    )),
    json(CASE WHEN record ->> '$.cost.currency' IS NOT NULL
      THEN json_array(record ->> '$.cost.amount', record ->> '$.cost.currency') END)
  )
FROM (
  SELECT
    *,
    substr(id, 5, 10) AS owner,
    'car_' || substr(id, 5, 1) || '000000000' AS account,
    CAST(round((julianday(record ->> '$.created_at') - 2440587.5) * 86400000) AS INTEGER) AS created
  FROM verifications
);

DROP TABLE verifications;
ALTER TABLE small_verifications RENAME TO verifications;
CREATE INDEX verifications_by_token ON verifications(token, id);
