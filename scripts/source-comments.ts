import ts from 'typescript'

/**
 * The documentation comments of schemas, their fields and cases in a source file, by `Message` and `Message.field`. They are found in
 * the object given to `struct` or `variant`, through constants and spreads of the same file.
 */
export function schemaComments(path: string, source: string): Map<string, string> {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true)
  const constants = new Map<string, ts.Expression>()
  const comments = new Map<string, string>()

  function visit(node: ts.Node): void {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      constants.set(node.name.text, node.initializer)
    }
    if (ts.isCallExpression(node)) visitCall(node)
    ts.forEachChild(node, visit)
  }

  function visitCall(call: ts.CallExpression): void {
    const [name, fields] = call.arguments
    if (!ts.isIdentifier(call.expression) || !name || !ts.isStringLiteral(name)) return
    if (call.expression.text !== 'struct' && call.expression.text !== 'variant') return
    const statement = ts.findAncestor(call, ts.isVariableStatement)
    const declared = statement?.declarationList.declarations[0]?.initializer
    if (statement && declared === call) remember(name.text, statement)
    if (fields) visitFields(name.text, fields)
  }

  function visitFields(message: string, fields: ts.Expression): void {
    const literal = resolved(fields)
    if (!literal || !ts.isObjectLiteralExpression(literal)) return
    for (const property of literal.properties) {
      if (ts.isSpreadAssignment(property)) visitFields(message, property.expression)
      else if (property.name && (ts.isIdentifier(property.name) || ts.isStringLiteral(property.name)))
        remember(`${message}.${property.name.text}`, property)
    }
  }

  function resolved(expression: ts.Expression): ts.Expression | undefined {
    if (ts.isAsExpression(expression)) return resolved(expression.expression)
    return ts.isIdentifier(expression) ? unwrapped(constants.get(expression.text)) : expression
  }

  function unwrapped(expression: ts.Expression | undefined): ts.Expression | undefined {
    return expression && ts.isAsExpression(expression) ? expression.expression : expression
  }

  function remember(name: string, node: ts.Node): void {
    const text = ts
      .getJSDocCommentsAndTags(node)
      .map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? '')
      .join(' ')
    if (text !== '') comments.set(name, text.replaceAll(/\s+/g, ' '))
  }

  visit(file)
  return comments
}
