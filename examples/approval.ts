// Approving a task by a code: the text names the task, and its code approves nothing else.
import { call, type Checked, type EndUser, type Maskline, type Started } from "./maskline.ts";

/** A row of yours. `title` is what the person reads in the text; `verification` is unique in your table. */
export type Task = {
  id: string;
  title: string;
  state: "waiting" | "approved" | "stopped";
  verification: string | null;
};

/** Sends the code. The template says `{{task}}`; another task of the same person supersedes this one's code. */
export async function askApproval(
  maskline: Maskline,
  task: Task,
  approver: { token: string; template: string },
  endUser: EndUser,
): Promise<void> {
  const { id } = await call<Started>(maskline, "POST /v1/verifications", {
    to: { token: approver.token },
    intent: "approval",
    template: approver.template,
    variables: { task: task.title },
    end_user: endUser,
  });
  task.verification = id;
}

/** Approves the task, once. Answers what the person may do next. */
export async function approve(
  maskline: Maskline,
  task: Task,
  code: string,
  endUser: EndUser,
): Promise<"approved" | "type again" | "ask again"> {
  if (task.state !== "waiting" || task.verification === null) return "ask again";
  const route = `POST /v1/verifications/${task.verification}/check`;
  const { valid, reason, attempts_left } = await call<Checked>(maskline, route, { code, end_user: endUser });
  if (valid) task.state = "approved"; // in your database: UPDATE … WHERE state = 'waiting'
  if (valid) return "approved";
  return reason === "wrong_code" && attempts_left > 0 ? "type again" : "ask again";
}

/** The task was withdrawn or changed: cancels its code at once. */
export async function stop(maskline: Maskline, task: Task): Promise<void> {
  task.state = "stopped";
  if (task.verification !== null) await call(maskline, `POST /v1/verifications/${task.verification}/cancel`);
}
