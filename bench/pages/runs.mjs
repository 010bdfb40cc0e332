// The runs in ../results that docs/benchmark.md is made of.

/** The newest run of most scenarios. */
export const RUN = '2-cores-dealing';
/** An earlier run of all, of an earlier version. */
export const EARLIER = '2-cores';
/** Messages and shared state. */
export const TALK = '2-cores-talk';
/** Requests on connections that stay, and published tables run again. */
export const REQUESTS = '2-cores-requests';
