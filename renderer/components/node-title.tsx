import type { ReactNode } from 'react';

/** Name and operator of a node at the head of its panel, with further tags. */
export function NodeTitle({ name, op, children }: { name: string; op: string; children?: ReactNode }) {
  return (
    <>
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p className="tags">
        <span className="tag tag-op">{op}</span>
        {children}
      </p>
    </>
  );
}
