/**
 * The program that holds a pod's namespaces open, as machine code.
 *
 * Kubernetes pulls `pause` from a registry; we have none to rely on and no compiler either. The
 * program is small enough to be written down: ignore SIGCHLD, so that the kernel reaps orphans
 * when the pod shares its process namespace; then wait for SIGINT or SIGTERM, and end. As process 1
 * of its namespace it would be immune to both; but not while it blocks them and waits for them.
 */
export type Architecture = "x64" | "arm64";

interface Machine {
  /** e_machine of the ELF header. */
  readonly elf: number;
  readonly code: Uint8Array;
}

const machines: Readonly<Record<Architecture, Machine>> = {
  x64: { elf: 62, code: bytesOf(x64Code()) },
  arm64: { elf: 183, code: wordsOf(arm64Code()) },
};

const baseAddress = 0x400000;
const headerBytes = 64 + 56;

/** A static executable for Linux. */
export function pauseBinary(architecture: Architecture): Uint8Array {
  const { elf, code } = machines[architecture];
  const size = headerBytes + code.length + data.length;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bit, little-endian, version 1
  view.setUint16(16, 2, true); // an executable
  view.setUint16(18, elf, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(baseAddress + headerBytes), true); // entry point
  view.setBigUint64(32, 64n, true); // program headers follow
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true); // one of them
  view.setUint32(64, 1, true); // to be loaded
  view.setUint32(68, 5, true); // readable and executable
  view.setBigUint64(80, BigInt(baseAddress), true);
  view.setBigUint64(88, BigInt(baseAddress), true);
  view.setBigUint64(96, BigInt(size), true);
  view.setBigUint64(104, BigInt(size), true);
  view.setBigUint64(112, 0x1000n, true);
  file.set(code, headerBytes);
  file.set(data, headerBytes + code.length);
  return file;
}

/**
 * What the code refers to: struct sigaction { SIG_IGN, SA_NOCLDWAIT, no restorer, empty mask }, and
 * the set of SIGINT and SIGTERM.
 */
const data = new Uint8Array(40);
data.set([1, 0, 0, 0, 0, 0, 0, 0, 2]);
data.set([0x02, 0x40], 32);

function x64Code(): number[] {
  return [
    [0xb8, 13, 0, 0, 0], // mov eax, rt_sigaction
    [0xbf, 17, 0, 0, 0], // mov edi, SIGCHLD
    [0x48, 0x8d, 0x35, 71, 0, 0, 0], // lea rsi, [action]
    [0x31, 0xd2], // xor edx, edx
    [0x41, 0xba, 8, 0, 0, 0], // mov r10d, 8
    [0x0f, 0x05], // syscall
    [0xb8, 14, 0, 0, 0], // mov eax, rt_sigprocmask
    [0x31, 0xff], // xor edi, edi (SIG_BLOCK)
    [0x48, 0x8d, 0x35, 79, 0, 0, 0], // lea rsi, [signals]
    [0x31, 0xd2], // xor edx, edx
    [0x41, 0xba, 8, 0, 0, 0], // mov r10d, 8
    [0x0f, 0x05], // syscall
    [0xb8, 128, 0, 0, 0], // again: mov eax, rt_sigtimedwait
    [0x48, 0x8d, 0x3d, 57, 0, 0, 0], // lea rdi, [signals]
    [0x31, 0xf6], // xor esi, esi
    [0x31, 0xd2], // xor edx, edx
    [0x41, 0xba, 8, 0, 0, 0], // mov r10d, 8
    [0x0f, 0x05], // syscall
    [0x85, 0xc0], // test eax, eax
    [0x7e, 0xe4], // jle again
    [0xb8, 60, 0, 0, 0], // mov eax, exit
    [0x31, 0xff], // xor edi, edi
    [0x0f, 0x05], // syscall; the data that follows is aligned
  ].flat();
}

function arm64Code(): number[] {
  return [
    0xd28010c8, // mov x8, rt_sigaction
    0xd2800220, // mov x0, SIGCHLD
    0x100002c1, // adr x1, action
    0xd2800002, // mov x2, 0
    0xd2800103, // mov x3, 8
    0xd4000001, // svc 0
    0xd28010e8, // mov x8, rt_sigprocmask
    0xd2800000, // mov x0, 0 (SIG_BLOCK)
    0x10000301, // adr x1, signals
    0xd2800002, // mov x2, 0
    0xd2800103, // mov x3, 8
    0xd4000001, // svc 0
    0xd2801128, // again: mov x8, rt_sigtimedwait
    0x10000260, // adr x0, signals
    0xd2800001, // mov x1, 0
    0xd2800002, // mov x2, 0
    0xd2800103, // mov x3, 8
    0xd4000001, // svc 0
    0xf100001f, // cmp x0, 0
    0x54ffff2d, // b.le again
    0xd2800ba8, // mov x8, exit
    0xd2800000, // mov x0, 0
    0xd4000001, // svc 0
    0xd503201f, // nop: the data that follows is aligned
  ];
}

function bytesOf(bytes: readonly number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

function wordsOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}
