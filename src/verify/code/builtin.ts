/**
 * The built-in texts, in four languages. Each is correct and yet in the GSM 7-bit alphabet: Welsh without ŵ, ŷ and â, French without ê
 * and ç, Polish without its own letters. A law test counts their segments.
 */
export const LOCALES = ["en-GB", "cy", "fr", "pl"] as const;
export type Locale = (typeof LOCALES)[number];

export const BUILTINS = ["generic", "login", "signup", "payment"] as const;
export type Builtin = (typeof BUILTINS)[number];

/** The texts, without the sentence against sharing. */
export const TEXTS: Record<Builtin, Record<Locale, string>> = {
  generic: {
    "en-GB": "{{code}} is your {{brand}} code. It expires in {{minutes}} min.",
    cy: "{{code}} yw eich cod {{brand}}. Daw i ben ymhen {{minutes}} munud.",
    fr: "{{code}} est votre code {{brand}}. Il expire dans {{minutes}} min.",
    pl: "{{code}} to kod {{brand}}. Wygasa za {{minutes}} min.",
  },
  login: {
    "en-GB": "{{code}} is your {{brand}} sign-in code. It expires in {{minutes}} min.",
    cy: "{{code}} yw eich cod mewngofnodi {{brand}}. Daw i ben ymhen {{minutes}} munud.",
    fr: "{{code}} est votre code de connexion {{brand}}. Il expire dans {{minutes}} min.",
    pl: "{{code}} to kod logowania {{brand}}. Wygasa za {{minutes}} min.",
  },
  signup: {
    "en-GB": "{{code}} confirms your number with {{brand}}. It expires in {{minutes}} min.",
    cy: "{{code}} yw'r cod i gadarnhau eich rhif gyda {{brand}}. Daw i ben ymhen {{minutes}} munud.",
    fr: "{{code}} confirme votre numéro auprès de {{brand}}. Il expire dans {{minutes}} min.",
    pl: "{{code}} to kod potwierdzenia numeru w {{brand}}. Wygasa za {{minutes}} min.",
  },
  payment: {
    "en-GB": "{{code}} is your {{brand}} code to pay {{amount}} to {{payee}}. It expires in {{minutes}} min.",
    cy: "{{code}} yw eich cod {{brand}} i dalu {{amount}} i {{payee}}. Daw i ben ymhen {{minutes}} munud.",
    fr: "{{code}} est votre code {{brand}} pour payer {{amount}} à {{payee}}. Il expire dans {{minutes}} min.",
    pl: "{{code}} to kod {{brand}} do przelewu {{amount}} dla: {{payee}}. Wygasa za {{minutes}} min.",
  },
};

/** The sentence against sharing; a service can switch it off. */
export const DO_NOT_SHARE: Record<Locale, string> = {
  "en-GB": "Do not share it.",
  cy: "Cadwch y cod yn gyfrinachol.",
  fr: "Ne le communiquez à personne.",
  pl: "Nie podawaj go nikomu.",
};

/** The built-in language nearest to a locale: its own, its language's, or English. */
export function localeOf(asked: string): Locale {
  const language = asked.toLowerCase().split(/[-_]/, 1)[0] ?? "";
  return LOCALES.find((locale) => locale.toLowerCase() === asked.toLowerCase())
    ?? LOCALES.find((locale) => locale.split("-", 1)[0] === language)
    ?? "en-GB"; // prettier-ignore
}
