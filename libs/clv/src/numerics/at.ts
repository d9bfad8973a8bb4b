/**
 * `values[index]` where the caller knows that the index is inside. The compiler cannot know it of a typed array, and a check per read would
 * halve the speed of the inner loops: the cast lives here and nowhere else.
 */
export function at<T>(values: ArrayLike<T>, index: number): T {
  return values[index] as T;
}
