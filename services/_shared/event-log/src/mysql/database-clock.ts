/** The database's clock as Unix milliseconds. Sessions are in UTC, so no summer time makes an hour come twice. */
export const nowMs = 'CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)';
