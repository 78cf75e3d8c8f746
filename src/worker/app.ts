/**
 * The app on this platform.
 */
import { makeApp } from "../http/app.ts";
import { platform } from "./wiring.ts";

export const app = makeApp(platform);
