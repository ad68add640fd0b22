/** Notes where messages go and come from, for tools that draw the pathways of data. */
export type DataStreams = {
  /** Of a message that is about to be sent. Adds to its headers what whoever takes it notes it by. */
  readonly produced: (broker: Broker, topic: string, headers: Record<string, string>) => void;
  /** Of a message that was taken, as often as it is. */
  readonly consumed: (broker: Broker, topic: string, headers: Readonly<Record<string, unknown>>) => void;
};

type Broker = 'kafka' | 'rabbitmq';

let registered: DataStreams | undefined;

export function registerDataStreams(streams: DataStreams): void {
  registered = streams;
}

/** `undefined` as long as nobody draws them, which costs a look. */
export function dataStreams(): DataStreams | undefined {
  return registered;
}
