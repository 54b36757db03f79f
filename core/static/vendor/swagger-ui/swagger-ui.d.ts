/* swagger-ui-dist 5.35.0 (Apache-2.0). See LICENSE beside this file. Made by npm run vendor. */
declare const SwaggerUI: (options: Record<string, unknown>) => unknown;
export default SwaggerUI;
