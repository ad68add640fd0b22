import type { OffsetMove } from '../units.ts';

type Place = Pick<OffsetMove, 'group' | 'logId' | 'partition'>;

/** The primary key of an offset. */
export const offsetKeyOf = ({ group, logId, partition }: Place) => [group, logId, partition];

/** The same in one word, as `CONCAT_WS(' ', …)` of the columns gives it. */
export const offsetPlaceOf = (place: Place): string => offsetKeyOf(place).join(' ');
