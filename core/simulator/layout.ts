import type { DeviceTensor } from '../device/graph.ts';
import { transpose, type Shape } from '../network/tensor.ts';

/** A tensor's dimensions outermost first, in the order of the device's axes. */
function deviceShape(tensor: DeviceTensor): number[] {
  return [...tensor.size].reverse();
}

/** For each network axis, the device axis that holds it; undefined = the axes are the same. */
function networkAxes({ order, size }: DeviceTensor): number[] | undefined {
  const axes = order.map((_, axis) => order.indexOf(axis));
  const isPermutation = order.length === size.length && !axes.includes(-1);
  return isPermutation && axes.some((from, to) => from !== to) ? axes : undefined;
}

/** The shape the network gives to what a device tensor holds, outermost dimension first. */
export function networkShape(tensor: DeviceTensor): Shape {
  const shape = deviceShape(tensor);
  return networkAxes(tensor)?.map((axis) => shape[axis]) ?? shape;
}

/** Elements of a device tensor moved into the network's layout. */
export function toNetworkLayout(tensor: DeviceTensor, data: Float32Array): Float32Array {
  const axes = networkAxes(tensor);
  if (!axes) return data;
  return transpose({ type: 'float32', shape: deviceShape(tensor), data }, axes).data as Float32Array;
}

/** Elements in the network's layout moved to where the device tensor has them. */
export function toDeviceLayout(tensor: DeviceTensor, data: Float32Array): Float32Array {
  if (!networkAxes(tensor)) return data;
  return transpose({ type: 'float32', shape: networkShape(tensor), data }, tensor.order).data as Float32Array;
}
