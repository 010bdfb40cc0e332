declare module 'clusterhub' {
  const hub: {
    get(key: string): unknown;
    incr(key: string, done: (value: number) => void): void;
  };
  export default hub;
}
