import type { Rect } from './drawing.ts';
import { fit, reveal, zoomAt, type Size, type Viewport } from './viewport.ts';

/** Where the graph is looked at from. Outside of React: it changes with every frame of a drag. */
export class Camera {
  view: Viewport = { x: 0, y: 0, zoom: 1 };
  size: Size = { width: 0, height: 0 };
  private readonly listeners = new Set<() => void>();
  private frame = 0;

  /** Calls back once per frame in which something changed. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks for a frame. */
  invalidate(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const listener of this.listeners) listener();
    });
  }

  set(view: Viewport): void {
    this.view = view;
    this.invalidate();
  }

  resize(size: Size): void {
    this.size = size;
    this.invalidate();
  }

  pan(dx: number, dy: number): void {
    this.set({ ...this.view, x: this.view.x + dx, y: this.view.y + dy });
  }

  /** Zooms about a point of the screen; the middle by default. */
  zoom(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    this.set(zoomAt(this.view, factor, x, y));
  }

  fit(rect: Rect): void {
    this.set(fit(rect, this.size));
  }

  /** Shows everything. */
  fitWorld({ width, height }: Size): void {
    this.fit({ left: 0, top: 0, right: width, bottom: height });
  }

  reveal(rect: Rect): void {
    this.set(reveal(this.view, rect, this.size));
  }

  /** The world point under a screen point. */
  world(x: number, y: number): { x: number; y: number } {
    const { view } = this;
    return { x: (x - view.x) / view.zoom, y: (y - view.y) / view.zoom };
  }
}
