export { AddressBook } from './address-book.ts'
export { PeerLinks, type LinkCounters, type PeerLinksOptions } from './peer-links.ts'
