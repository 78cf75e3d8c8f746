/**
 * Texts as British businesses and their customers write them, English and Welsh, with telephone numbers marked `[[so]]` and much that
 * only looks like one: orders, prices, dates, postcodes, accounts, meters, tracking. Numbers are of Ofcom's drama ranges alone.
 */
import { chance } from "./seed.ts";

type Random = ReturnType<typeof randomOf>;

function randomOf(seed: number) {
  const source = chance("texts with numbers", seed);
  const between = (low: number, high: number) => source.between(low, high);
  const row = (count: number, signs: string) =>
    Array.from({ length: count }, () => signs.charAt(between(0, signs.length - 1))).join("");
  return {
    between,
    pick: <T>(of: readonly T[]): T => of[Math.floor(source.fraction() * of.length)]!,
    digits: (count: number) => row(count, "0123456789"),
    letters: (count: number) => row(count, "ABCDEFGHJKLMNPRSTUVWXY"),
  };
}

/** Ways to write a number, as area, rest and where the rest may be cut. */
const RANGES: readonly (readonly [string, string])[] = [
  ["7700", "900"],
  ["7700", "900"],
  ["7700", "900"],
  ["7700", "900"],
  ["1632", "960"],
  ["113", "4960"],
  ["121", "4960"],
  ["161", "4960"],
  ["20", "79460"],
  ["29", "20180"],
  ["28", "96496"],
  ["191", "4980"],
  ["808", "1570"],
  ["306", "9990"],
  ["909", "8790"],
];

function number({ pick, digits }: Random): string {
  const [area, block] = pick(RANGES);
  const rest = block + digits(3);
  const half = rest.length - (rest.length > 7 ? 4 : 3);
  const [a, b] = [rest.slice(0, half), rest.slice(half)];
  const all = area + rest;
  return pick([
    () => `0${all}`,
    () => `0${all}`,
    () => `0${all}`,
    () => `0${area} ${rest}`,
    () => `0${area} ${a} ${b}`,
    () => `(0${area}) ${rest}`,
    () => `0${area}-${a}-${b}`,
    () => `0${area}.${a}.${b}`,
    () => `0${area}/${rest}`,
    () => `0${all.slice(0, 2)} ${all.slice(2, 6)} ${all.slice(6)}`,
    () => `0${all.slice(0, 4)} ${all.slice(4, 7)} ${all.slice(7)}`,
    () => `+44${all}`,
    () => `+44 ${area} ${rest}`,
    () => `+44 ${area} ${a} ${b}`,
    () => `+44 (0)${area} ${rest}`,
    () => `+44(0)${all}`,
    () => `+44-${area}-${a}-${b}`,
    () => `0044${all}`,
    () => `0044 ${area} ${a} ${b}`,
  ])();
}

/** A number and what people run on to it, before and behind. */
function glued(random: Random): string {
  const { pick } = random;
  const plain = () => `[[${number(random)}]]`;
  const bare = () => {
    const [area, block] = pick(RANGES);
    return `[[${pick(["0", "0", "+44"])}${area}${block}${random.digits(3)}]]`;
  };
  return pick([
    plain, plain, plain, plain, plain, plain,
    () => `call${bare()}`,
    () => `ring${bare()} `,
    () => `Tel${bare()}`,
    () => `Tel:${plain()}`,
    () => `T.${plain()}`,
    () => `M:${bare()}`,
    () => `Ph${bare()}`,
    () => `${bare()}now`,
    () => `${bare()}ok`,
    () => `${bare()}Mon-Fri`,
    () => `${plain()}(24hr)`,
    () => `${plain()} ext 204`,
    () => `${bare()}x12`,
    () => `${bare()}150p`,
    () => `${bare()}150p/msg`,
    () => `${bare()}50ppm`,
    () => `${bare()}£1.50`,
    () => `${bare()}18+`,
    () => `${bare()}10p/min`,
    () => `${bare()}-Jim`,
    () => `Jim-${bare()}`,
    () => `Jim${bare()}`,
    () => `mob_${bare()}_new`,
    () => `cust${bare()}`,
    () => `ref=${bare()}&x=1`,
    () => `"${plain()}"`,
    () => `[${plain()}]`.replace("[[[", "[ [[").replace("]]]", "]] ]"),
    () => `<${plain()}>`,
    () => `#${bare()}`,
    () => `No.${bare()}`,
    () => `${bare()}/${bare()}`,
    () => `${bare()}, ${bare()}`,
    () => `${plain()} or ${plain()}`,
    () => `${bare()}&${bare()}`,
    () => `tel:${bare()}`,
    () => `${bare()}:`,
    () => `24/7${pick([" ", ":", "-"])}${plain()}`,
    () => `£5 ${plain()}`,
    () => `ffon${bare()}`,
    () => `${bare()}diolch`,
  ])(); // prettier-ignore
}

/** A British account with the check digits of ISO 13616. */
function account(bank: string, rest: string): string {
  const digits = `${bank}${rest}GB00`.replace(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)));
  return `GB${String(98n - (BigInt(digits) % 97n)).padStart(2, "0")}${bank}${rest}`;
}

/** A number of the National Health Service for nine digits; where they have no check digit, the last of them is another. */
function healthNumber(nine: string): string {
  const sum = Array.from(nine).reduce((total, digit, at) => total + Number(digit) * (10 - at), 0);
  const check = (11 - (sum % 11)) % 11;
  if (check === 10) return healthNumber(`${nine.slice(0, 8)}${(Number(nine.charAt(8)) + 1) % 10}`);
  return `${nine}${check}`.replace(/^(...)(...)(....)$/, "$1 $2 $3");
}

/** What looks like a number and is none. */
function other({ pick, digits, letters, between }: Random): string {
  const two = (min: number, max: number) => String(between(min, max)).padStart(2, "0");
  const day = () => two(1, 28);
  const month = () => two(1, 12);
  const year = () => pick(["2025", "2026", "2027"]);
  const time = () => `${two(7, 21)}:${pick(["00", "15", "30", "45"])}`;
  return pick([
    () => `order ${digits(8)}`,
    () => `order #${digits(10)}`,
    () => `order no. ${between(1, 9)}${digits(9)}`,
    () => `order 0${between(1, 9)}${digits(6)}`,
    () => `ref ${letters(2)}${digits(6)}`,
    () => `ref ${letters(3)}-${digits(4)}-${digits(4)}`,
    () => `ref ${digits(3)}-${digits(7)}-${digits(7)}`,
    () => `invoice INV-${year()}-${digits(5)}`,
    () => `booking ${letters(6)}`,
    () => `PO ${digits(7)}/${digits(2)}`,
    () => `£${between(1, 999)}.${digits(2)}`,
    () => `£${between(1, 9)},${digits(3)}.00`,
    () => `£1.5m`,
    () => `${between(1, 9)},${digits(3)},${digits(3)}`,
    () => `${between(5, 60)}% off`,
    () => `${day()}/${month()}/${year()}`,
    () => `${day()}.${month()}.${year()} ${time()}`,
    () => `${year()}-${month()}-${day()}`,
    () => `${year()}-${month()}-${day()}T${time()}:00Z`,
    () => `${day()}/${month()}/26 ${time()}-${time()}`,
    () => `${day()}-${month()}-${year()} to ${day()}-${month()}-${year()}`,
    () => `${time()}`,
    () => `${time()}-${time()}`,
    () => `0900-1730`,
    () => `0830 - 1700`,
    () => `0800-1800 Mon-Fri, 0900-1230 Sat`,
    () => `9am-5pm`,
    () => `${letters(2)}${between(1, 20)} ${between(1, 9)}${letters(2)}`,
    () => account("NWBK", digits(14)).replace(/.{4}(?=.)/g, "$& "),
    () => account("BARC", digits(14)),
    () => `sort code ${two(1, 99)}-${digits(2)}-${digits(2)}, account ${digits(8)}`,
    () => `${two(1, 99)}-${digits(2)}-${digits(2)} ${digits(8)}`,
    () => `a/c ${digits(8)}`,
    () => `card ending ${digits(4)}`,
    () => `card 4929 ${digits(4)} ${digits(4)} ${digits(4)}`,
    () => `NHS number ${healthNumber(`${between(400, 799)}${digits(6)}`)}`,
    () => `QQ ${digits(2)} ${digits(2)} ${digits(2)} C`,
    () => `UTR ${between(1, 9)}${digits(9)}`,
    () => `VAT GB ${digits(3)} ${digits(4)} ${digits(2)}`,
    () => `company 0${digits(7)}`,
    () => `MPAN ${between(10, 23)} ${digits(4)} ${digits(4)} ${digits(3)}`,
    () => `MPRN ${between(1, 9)}${digits(8)}`,
    () => `reading 00${digits(4)}`,
    () => `TV licence ${between(1, 9)}${digits(9)}`,
    () => `tracking ${letters(2)}${digits(9)}GB`,
    () => `parcel 155${digits(11)}`,
    () => `JD0002${digits(12)}`,
    () => `tracking H0${digits(3)}A${digits(10)}`,
    () => `1Z${digits(3)}E${digits(2)}0${digits(9)}`,
    () => `code ${digits(6)}`,
    () => `code ${digits(3)}-${digits(3)}`,
    () => `PIN ${digits(4)}`,
    () => `text HELP to ${between(60, 88)}${digits(3)}`,
    () => `flight BA0${digits(3)}`,
    () => `seat ${between(1, 40)}A`,
    () => `bus ${between(1, 99)}, stop ${digits(8)}`,
    () => `ISBN 978-0-${digits(3)}-${digits(5)}-${digits(1)}`,
    () => `EAN 50${digits(11)}`,
    () => `IMEI 35${digits(13)}`,
    () => `192.168.${between(0, 255)}.${between(0, 255)}`,
    () => `v${between(1, 9)}.${between(0, 20)}.${between(0, 9)}`,
    () => `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`,
    () => `51.${digits(5)}, -0.${digits(5)}`,
    () => `draw 03 11 19 27 35 42`,
    () => `size 10 12 14 16`,
    () => `${between(2, 9)} x ${between(10, 99)}cm`,
    () => `1st, 2nd and 3rd`,
    () => `24/7`,
    () => `18+`,
    () => `account 8${digits(9)}`,
    () => `policy ${letters(3)}/${digits(3)}/${digits(6)}`,
    () => `case ${digits(2)}/${digits(5)}/FUL`,
    () => `grid ${letters(2)} ${digits(5)} ${digits(5)}`,
    () => `what3words, no ${between(1, 200)}`,
    () => `${between(1, 31)}/${between(1, 12)} at ${between(7, 11)}.${pick(["15", "30", "45"])}`,
    () => `temp ${between(-5, 30)}.${digits(1)}C`,
    () => `BP 120/80, pulse ${between(50, 99)}`,
    () => `${between(1, 9)}-${between(0, 9)} (agg ${between(1, 9)}-${between(0, 9)})`,
    () => `${between(10, 99)},${digits(3)} steps`,
    () => `qty ${between(1, 9)} @ £${between(1, 99)}.${digits(2)}`,
    () => `SKU ${digits(5)}-${digits(3)}`,
    () => `serial ${letters(1)}${digits(2)}${letters(2)}${digits(7)}`,
    () => `passport ${between(1, 9)}${digits(8)}`,
    () => `driver no. MORGA${digits(6)}SM9IJ`,
    () => `claim ${digits(4)}/${digits(4)}/${digits(4)}`,
    () => `W/O 00${digits(5)}`,
    () => `job 0${digits(5)}`,
    () => `item ${digits(3)}.${digits(3)}.${digits(2)}`,
    () => `17${digits(8)}`,
    () => `176${digits(10)}`,
    () => `"at":"2026-${month()}-${day()}T0${between(1, 9)}:${two(0, 59)}:${two(0, 59)}.${digits(3)}+01:00"`,
    () => `units 1,2,3,4 and 10-14`,
    () => `M25 J10-J12, A3 2 mi`,
    () => `lotto ${[...Array(6).keys()].map((at) => two(at * 9 + 1, at * 9 + 9)).join("-")}`,
    () => `rates 0.5%, 1.25%, 3.75%`,
    () => `2 adults 3 kids, 7 nights`,
    () => `5 x 0.75l`,
    () => `08.30 - 17.00`,
    () => `${between(1, 31)} ${pick(["Dec", "Rhagfyr", "January", "Mai"])} ${year()}`,
    () => `16${digits(8)}`,
    () => `ticket ${digits(12)}`,
    () => `${letters(2)}${digits(2)} ${letters(3)}`,
  ])(); // prettier-ignore
}

/** Sentences: `@` is a number with what is run on to it, `~` something else with digits. */
const SENTENCES = `Your ~ is ready to collect. Questions? @
Hi, it's the surgery. Please call @ to rebook, ~
Reminder: appointment ~. To change it ring @
Dear customer, ~ has been paid. Thank you.
Delivery of ~ today ~. Driver @
We tried to deliver ~. Rebook on @
Sorry we missed you! Call @ quoting ~
~ dispatched, ~. Track it in the app.
Engineer arrives ~. He is on @
Boiler service ~, ~. Office @, out of hours @
Mum's new mobile is @
Ring me on @ when u get here
can u txt @ re ~
New number! @ delete the old one
Taxi booked ~, driver ~. Cab office @
Table for 4 ~ confirmed. Cancel: @
Parents: school closed ~. Info line @
Mae eich apwyntiad ddydd Mawrth ~. Ffoniwch @ i'w newid
Diolch am eich archeb ~. Cwestiynau? @
Bydd y gyrrwr yno ~. Ei rif yw @
Cofiwch ddod a'ch ~ gyda chi
Nyrs ardal: @ (~)
URGENT! You have won ~. Claim on @ ~
Final notice ~: pay ~ or call @
Your bill is ~, due ~
Your meter: ~, ~. Please confirm.
Refund ~ to ~, ~
Payment of ~ from ~ received ~
Login: ~. Never share it. Not you? @
Rota: ~ ~, ~. Swap? @
Shift ~ at ~ is yours. Agency @
Gas emergency @. Quote ~
Flight ~ now boards ~. Help @
Viewing ~, keys at ~. Agent @
For sale: bike, ~ ono @
Lost dog near ~! Phone @ any time
Plumber @ came ~, charged ~
Hello, did you get my msg? @ is my work no, home is @
Locksmith 24hr @, from ~
Gwiriwch eich ~ cyn ~. Llinell gymorth @
Rhif newydd Mam: @ ~
Cinio dydd Sul? Tecstia fi @ erbyn ~
STOP to opt out. Prize line @ costs ~
u r a winner @ claim b4 ~
Visit ~, ask for Jo or phone @
Vaccine ~ at ~, ~. Can't come? @
Order history: ~; ~; ~
Totals ~ ~ ~
from=@&to=@&ref=~
SMS sent to @ at ~, ~
ID ~ name Jones phone @ dob ~
Bank: transfer ~, ~. If this wasn't you, phone @
~ / ~ / ~
Stock: ~, ~
Vet: Bella's jab is due ~. Book @
Library: ~ is overdue since ~
Council tax ~: ~. Queries @
Garage: MOT done, ~. Pick up by ~, @
Ref ~. Contact: @
contact=@; ~
{"phone":"@","note":"~"}
phone,@,~
@
~
@ ~
~ @`.split("\n");

/** So many texts of one seed, numbers marked. */
export function markedTexts(count: number, seed: number): string[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, () =>
    random.pick(SENTENCES).replace(/[@~]/g, (slot) => (slot === "@" ? glued(random) : other(random))),
  );
}
