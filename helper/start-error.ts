/** Why a helper cannot start, in words for the person who started it. Nothing was changed yet, or it was taken back. */
export class StartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StartError";
  }
}
