/** What `npm run bench:rv32` says where it cannot measure. That it measures is seen by running it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../xs/rv32/bench.mjs');
const run = (parameters: string[], env: NodeJS.ProcessEnv = process.env) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...parameters], { encoding: 'utf8', env });
  return { status, stdout, stderr };
};

describe('the bench on rv32', () => {
  it('names the packages that are missing, in one sentence', () => {
    expect(run([], { PATH: '' })).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'bench:rv32: a compiler or an emulator is missing; on Debian: apt-get install gcc-riscv64-unknown-elf ' +
        'picolibc-riscv64-unknown-elf qemu-system-misc\n',
    });
  });

  it('knows no option but --json and --help', () => {
    expect(run(['--fast'])).toEqual({ status: 2, stdout: '', stderr: 'bench:rv32: unknown --fast, expected --json\n' });
    expect(run(['--help'])).toEqual({ status: 0, stdout: 'npm run bench:rv32 [-- --json]\n', stderr: '' });
  });
});
