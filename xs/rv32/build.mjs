/**
 * Builds build/xs/rv32/xs: the host and the engine for the instruction set of an ESP32-C3, without an operating system, to
 * run in qemu. Compiled as the SDK compiles for that chip; nothing in it counts byte codes.
 */
import { spawnSync } from 'node:child_process';
import { BOARD_FILES, buildHost, ENGINE_HEADERS, filesOf } from '../build.mjs';

const COMPILER = 'riscv64-unknown-elf-gcc';
const EMULATOR = 'qemu-system-riscv32';
const C_LIBRARY = '--specs=picolibc.specs';

/** Of the host, what needs an operating system or a meter. */
const LEFT_OUT = ['bus.c', 'line.c', 'meter.c', 'profile.c', 'socket.c', 'watch.c'];

/** What count.c and start.c stand before. */
const WRAPPED = ['main', 'godwit_crc32c', 'native_flashRead', 'native_flashWrite', 'native_flashErase'];

const FLAGS = [
  ...[C_LIBRARY, '-march=rv32imc', '-mabi=ilp32'],
  ...['-Os', '-fno-inline-functions', '-fno-jump-tables', '-falign-functions=4', '-fstrict-volatile-bitfields'],
  // There a long has the size of an int.
  ...['-Wno-format', '-ffunction-sections', '-fdata-sections', '-std=gnu11', '-fno-common'],
  ...['-D_GNU_SOURCE', '-D_POSIX_TIMERS', '-D_POSIX_MONOTONIC_CLOCK'],
  ...['-DINCLUDE_XSPLATFORM', '-DXSPLATFORM="platform.h"', '-DmxRun=1', '-DmxParse=1'],
];

/** qemu's machine "virt" has its memory at 2 GiB. A part of it is called flash, for the program. */
const LINKING = [
  ...['--oslib=semihost', '--crt0=semihost', '-T', 'picolibc.ld', '-Wl,--gc-sections', '-lm'],
  ...['-Wl,--defsym=__flash=0x80000000', '-Wl,--defsym=__flash_size=0x00400000'],
  ...['-Wl,--defsym=__ram=0x80400000', '-Wl,--defsym=__ram_size=0x06000000', '-Wl,--defsym=__stack_size=0x40000'],
  ...WRAPPED.map((name) => `-Wl,--wrap=${name}`),
];

/** The words that start the host in qemu. Throws an Error that names the packages when something is missing. */
export async function buildRv32() {
  const missing = [
    [COMPILER, ['--version'], 'gcc-riscv64-unknown-elf'],
    [COMPILER, [C_LIBRARY, '-E', '-x', 'c', '/dev/null'], 'picolibc-riscv64-unknown-elf'],
    [EMULATOR, ['--version'], 'qemu-system-misc'],
  ].flatMap(([command, parameters, packageName]) => (spawnSync(command, parameters).status === 0 ? [] : [packageName]));
  if (missing.length > 0)
    throw new Error(`a compiler or an emulator is missing; on Debian: apt-get install ${missing.join(' ')}`);
  const program = await buildHost({
    name: 'rv32',
    compiler: COMPILER,
    archiver: 'riscv64-unknown-elf-ar',
    flags: FLAGS,
    headers: ['rv32/platform.h', ...ENGINE_HEADERS],
    folders: ['rv32', 'rv32/include', '.'],
    files: [
      ...filesOf('.').filter((name) => !LEFT_OUT.includes(name)),
      ...filesOf('rv32'),
      ...filesOf('rv32/include/sys'),
      ...BOARD_FILES,
    ],
    linking: LINKING,
  });
  return [
    EMULATOR,
    ...['-M', 'virt', '-m', '128M', '-bios', 'none', '-display', 'none', '-monitor', 'none', '-serial', 'none'],
    ...['-icount', 'shift=0', '-semihosting-config', 'enable=on,target=native', '-kernel', program],
  ];
}
