/**
 * Background work of tenants that failed five times and is left alone until somebody retries it.
 */
import type { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { FailedJobView } from "../../jobs/schemas.ts";
import { UsageView } from "../../operator/oversight.routes.ts";
import { Empty, Head, Id, Pager, State, Table, Time } from "../look/parts.tsx";
import type { Shown } from "../visit.ts";
import { Jurisdictions } from "./parts.tsx";
import { jurisdictionOf, type OperatorPageRow, type OperatorVisit } from "./visit.ts";

type Job = z.output<typeof FailedJobView>;
/** A job, and whose it is where a page shows those of several. */
type Row = { job: Job; tenant?: { id: string; name: string } };

const PATH = "/console/operator/jobs";

export const jobsPages: OperatorPageRow[] = [
  { path: PATH, title: "Failed jobs", nav: { group: "Now", icon: "jobs" }, get: list },
];

/** A page of tenants is looked through at once; those with quarantined jobs are asked for them. */
async function list({ ask, query }: OperatorVisit): Promise<Shown> {
  const jurisdiction = jurisdictionOf(query);
  const { cursor } = query;
  const page = await ask("usage.list", { query: { jurisdiction, cursor, limit: "50" } }, pageOf(UsageView));
  if (isRefused(page)) return page;
  const ill = page.ok.data.filter(({ usage }) => (usage?.quarantined_jobs ?? 0) > 0);
  const found = await Promise.all(
    ill.map(async (tenant): Promise<Row[]> => {
      const jobs = await ask("tenant_jobs.list", { params: { id: tenant.id } }, pageOf(FailedJobView));
      return isRefused(jobs) ? [] : jobs.ok.data.map((job) => ({ job, tenant }));
    }),
  );
  return {
    title: "Failed jobs",
    main: (
      <>
        <Head
          title="Failed jobs"
          says="A row of background work that fails is tried five times within seven minutes, then left alone. No other row waits for it."
        >
          <Jurisdictions path={PATH} at={jurisdiction} />
        </Head>
        {ill.length === 0 ? (
          <Empty icon="check" title="No quarantined job among these tenants">
            <p>Looked at {page.ok.data.length} tenants of this page.</p>
          </Empty>
        ) : (
          <JobsTable path={null} jobs={found.flat()} />
        )}
        <Pager page={page.ok} path={PATH} query={{ jurisdiction, cursor }} what={["tenant", "tenants"]} />
      </>
    ),
  };
}

/** Failed jobs; `path` takes the form that retries one, or each job's own tenant's page does. */
export function JobsTable({ jobs, path }: { jobs: readonly Row[]; path: string | null }) {
  if (jobs.length === 0) return <p class="soft">None.</p>;
  return (
    <Table
      caption="Failed jobs"
      rows={jobs}
      columns={[
        ...(path === null
          ? [
              {
                head: "Tenant",
                cell: ({ tenant }: Row) => (
                  <a href={`/console/operator/tenants/${tenant?.id ?? ""}`}>
                    <bdi>{tenant?.name ?? ""}</bdi>
                  </a>
                ),
              },
            ]
          : []),
        { head: "Step", cell: ({ job }) => <code>{job.step}</code> },
        {
          head: "State",
          cell: ({ job }) => <State of={job.state} tone={job.state === "quarantined" ? "bad" : "wait"} />,
        },
        { head: "Error", cell: ({ job }) => <code class="small">{job.error}</code> },
        { head: "About", opt: true, cell: ({ job }) => (job.resource === null ? "–" : <Id of={job.resource} />) },
        { head: "Failures", num: true, cell: ({ job }) => job.failures },
        { head: "Last", cell: ({ job }) => <Time at={job.last_failed_at} /> },
        {
          head: "",
          cell: ({ job, tenant }) => (
            <form method="post" action={path ?? `/console/operator/tenants/${tenant?.id ?? ""}`}>
              <input type="hidden" name="job" value={job.id} />
              <button class="quiet slim" name="do" value="retry" type="submit" aria-label={`Retry ${job.step}`}>
                Retry
              </button>
            </form>
          ),
        },
      ]}
    />
  );
}
