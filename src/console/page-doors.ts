/**
 * The doors of pages, the same for a tenant's console and the operators': a page is read, and a form of it is sent.
 */
import { findNumbers } from "../sms/phone.ts";
import { formOf } from "./forms.tsx";
import { goTo } from "./sign-in/sign-in.ts";
import type { ConsoleDeps, ConsoleRoute } from "./visit.ts";

/** Shows a page, or takes its form; `form` is null where the page is read. */
type Show<Page> = (
  page: Page,
  request: Request,
  deps: ConsoleDeps,
  params: Record<string, string>,
  form: URLSearchParams | null,
) => Promise<Response>;

/** A GET for each page, and a POST for each that has a form. */
export function doorsOf<Page extends { path: string; post?: unknown }>(
  pages: readonly Page[],
  show: Show<Page>,
): ConsoleRoute[] {
  return pages.flatMap((page): ConsoleRoute[] => {
    const { path } = page;
    const read: ConsoleRoute = { method: "get", path, serve: (...visit) => show(page, ...visit, null) };
    if (page.post === undefined) return [read];
    const sent: ConsoleRoute["serve"] = async (request, ...visit) => {
      const form = await formOf(request);
      return form.refused ?? show(page, request, ...visit, form.fields);
    };
    return [read, { method: "post", path, serve: sent }];
  });
}

/** Where a form leads. Addresses are logged on their way: one that would hold a number leads back to the page. */
export function ledTo(to: string, page: string): Response {
  const address = new URL(to, "https://console");
  const holds = [...address.searchParams.values()].some((value) => findNumbers(value).length > 0);
  return goTo(holds ? `${page}?wrong=number` : to);
}
