import type { AriaRole, JSX, ReactNode } from 'react';
import type { Problem } from './problems';

interface Props {
  problem: Problem;
  role?: AriaRole;
  /** Where it is. */
  children?: ReactNode;
}

/** What is wrong, and what mends it. */
export function ProblemLine({ problem, role, children }: Props): JSX.Element {
  return (
    <p className="jp-Torc-problem" role={role}>
      <span aria-hidden="true">✕ </span>
      {children}
      {problem.message}
      {problem.hint && <span className="jp-Torc-hint"> ({problem.hint})</span>}
    </p>
  );
}
