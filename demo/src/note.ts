/** What a driver writes to dispatch: the body of each message. The server reads it too. */
export interface DispatchNote {
  readonly text: string
}
