/**
 * What each of them comes to, or the first failure, but only when the last has ended: nothing comes into being while
 * others take back what there is.
 */
export async function allEnded<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
