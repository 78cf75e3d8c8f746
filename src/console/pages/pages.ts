/**
 * Every page of the console, in the order of the navigation.
 */
import type { PageRow } from "../visit.ts";
import { messagePages } from "./messages.tsx";

export const PAGES: readonly PageRow[] = [...messagePages];
