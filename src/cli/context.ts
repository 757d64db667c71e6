/** What every command is given: streams, environment and the signal that says stop. */
import type { Command } from 'commander';

/** A stream that commands write text to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The world of a command; tests hand in another. */
export interface CliContext {
  /** Results: what a user may pipe into another program. */
  readonly stdout: Output;
  /** Progress, notes and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on Ctrl-C; a command then saves what it has and returns or throws. */
  readonly signal: AbortSignal;
}

/** Adds a command, or a family of commands, to the program. */
export type Register = (program: Command, context: CliContext) => void;
