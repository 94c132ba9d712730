/** `webhook-signature` alone (Standard Webhooks). */
export { isStandardSigned as isSigned } from '../standard';
