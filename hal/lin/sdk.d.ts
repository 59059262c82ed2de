/** What hal/lin uses of the Moddable SDK on Linux and neither @moddable/typings nor hal/esp32/sdk.d.ts describes. */

declare module 'mc/ffi' {
  /** What "ffi" in manifest.json binds for the platform "lin". */
  export default class FFI {
    godwit_microseconds(): number;
  }
}
