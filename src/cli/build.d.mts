export const ROOT: string;
export function isStale(): boolean;
export function areKernelsStale(): boolean;
export function build(): Promise<void>;
export function buildKernels(): Promise<void>;
