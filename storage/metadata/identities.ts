declare const accountIdBrand: unique symbol
declare const repositoryIdBrand: unique symbol

/** The identity of an account; survives renames and is never given to another. */
export type AccountId = number & { readonly [accountIdBrand]: true }

/** The identity of a repository; survives renames and is never given to another. */
export type RepositoryId = number & { readonly [repositoryIdBrand]: true }
