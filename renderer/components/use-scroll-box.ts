import { useEffect, useState, type RefObject, type UIEvent } from 'react';

/** What of a scrolling list can be seen. */
export interface ScrollBox {
  top: number;
  height: number;
  width: number;
}

/** Follows the size and the scrolling of an element, for lists that draw only what can be seen. */
export function useScrollBox(box: RefObject<HTMLElement | null>): {
  scroll: ScrollBox;
  onScroll: (event: UIEvent<HTMLElement>) => void;
} {
  const [scroll, setScroll] = useState<ScrollBox>({ top: 0, height: 600, width: 300 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setScroll(measure(element)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return { scroll, onScroll: ({ currentTarget }) => setScroll(measure(currentTarget)) };
}

function measure({ scrollTop, clientHeight, clientWidth }: HTMLElement): ScrollBox {
  return { top: scrollTop, height: clientHeight, width: clientWidth };
}
