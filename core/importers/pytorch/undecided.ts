/** What the program asks for is not known, because it lies behind something that can not be imported. */
export class Undecided extends Error {}
