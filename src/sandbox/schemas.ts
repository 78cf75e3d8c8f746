/**
 * The shapes that the sandbox answers with.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";

/** A text on a handset. */
export const TextView = z
  .object({
    id: z.string(),
    line: z.string(),
    number: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable().meta({ description: "The virtual number that the person texted." }),
    direction: z.enum(["received", "sent"]),
    text: z.string(),
    message_id: z.string().nullable(),
    received_at: z.string(),
  })
  .meta({
    id: "HandsetText",
    description: "A text as the person on the other side sees it: with its number and its words.",
    examples: [
      {
        id: exampleId("evt"),
        line: exampleId("lin"),
        number: "+447700900123",
        from: "Shifts",
        to: null,
        direction: "received",
        text: "Your shift on Friday is confirmed.",
        message_id: exampleId("msg"),
        received_at: EXAMPLE_TIME,
      },
    ],
  });

/** A line of the handsets. */
export const LineView = z
  .object({
    line: z.string(),
    number: z.string(),
    texts: z.int(),
    newest: z
      .object({ id: z.string(), direction: z.enum(["received", "sent"]), text: z.string(), at: z.string() })
      .nullable()
      .meta({ description: "The newest text of the line; null when its texts were deleted." }),
  })
  .meta({
    id: "HandsetLine",
    description: "A drama number that was texted, by its opaque id.",
    examples: [
      {
        line: exampleId("lin"),
        number: "+447700900123",
        texts: 3,
        newest: {
          id: exampleId("evt"),
          direction: "received",
          text: "Your shift on Friday is confirmed.",
          at: EXAMPLE_TIME,
        },
      },
    ],
  });

/** What became of a text that the person of a line sent. */
export const AnsweredView = z.object({
  line: z.string().meta({ examples: [exampleId("lin")] }),
  state: z.string().meta({ examples: ["relayed"] }),
});

/** The tenant's time. */
export const ClockView = z.object({ now: z.string().meta({ examples: [EXAMPLE_TIME] }) });
