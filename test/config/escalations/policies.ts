/** What an attacker would attach. */
export const ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess";
export const ANYTHING: string = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});
