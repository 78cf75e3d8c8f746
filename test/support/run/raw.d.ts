/** A file of the project as text, for tests that run where there is no file system. */
declare module "*?raw" {
  const text: string;
  export default text;
}
