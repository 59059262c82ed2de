/** Stands in for "embedded:network/interface/wifi": joins any network at once and never loses it. */
import Timer from 'timer';

const idle = 200;
const addressesHeld = 500;

export default class WiFi {
  readonly MAC = '02:00:00:00:00:01';
  readonly address = '127.0.0.1';
  connection = idle;
  readonly #onChanged: (property: 'connection') => void;

  constructor({ onChanged }: { onChanged(property: 'connection'): void }) {
    this.#onChanged = onChanged;
  }

  connect(): void {
    Timer.set(() => {
      this.connection = addressesHeld;
      this.#onChanged('connection');
    });
  }

  disconnect(): void {
    this.connection = idle;
  }
}
