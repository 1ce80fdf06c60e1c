/** In the data folder. */
export const LOG_FOLDER = 'logs'
