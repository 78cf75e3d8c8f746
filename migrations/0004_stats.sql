-- The figures of a tenant's days: counts, costs and latencies by state, reason, purpose, carrier, network, country, service and template.
-- No number, no token, no id of a person. One row for each day, in the layout of src/stats/figures.ts.
CREATE TABLE stats_days(
  tenant TEXT NOT NULL,
  day INTEGER NOT NULL,
  version INTEGER NOT NULL,
  figures TEXT NOT NULL,
  PRIMARY KEY(tenant, day)
) STRICT, WITHOUT ROWID;
