/**
 * Marks every place where control can go one way or another, so that a run of the code leaves a trace of the ways it took. The marks
 * are calls of a global, `__edge(place)`: the code under test must not know that it is being watched.
 */
import ts from 'typescript'

/** @param nextPlace numbers the marks; the same source always gets the same number of them. */
export function instrument(source: string, fileName: string, nextPlace: () => number): string {
  const marker: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => markFile(file, context, nextPlace)
  const { outputText } = ts.transpileModule(source, {
    fileName,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    transformers: { before: [marker] },
  })
  return outputText
}

function markFile(file: ts.SourceFile, context: ts.TransformationContext, nextPlace: () => number): ts.SourceFile {
  const { factory } = context
  const call = () =>
    factory.createCallExpression(factory.createIdentifier('__edge'), undefined, [factory.createNumericLiteral(nextPlace())])
  const statement = () => factory.createExpressionStatement(call())
  const marked = (expression: ts.Expression) =>
    factory.createParenthesizedExpression(factory.createComma(call(), factory.createParenthesizedExpression(expression)))
  const block = (body: ts.Statement) =>
    ts.isBlock(body)
      ? factory.updateBlock(body, [statement(), ...body.statements])
      : factory.createBlock([statement(), body], true)

  function mark(node: ts.Node): ts.Node {
    if (ts.isIfStatement(node)) {
      const { expression, thenStatement, elseStatement } = node
      return factory.updateIfStatement(node, expression, block(thenStatement), elseStatement && block(elseStatement))
    }
    if (ts.isForStatement(node)) {
      return factory.updateForStatement(node, node.initializer, node.condition, node.incrementor, block(node.statement))
    }
    if (ts.isForOfStatement(node)) {
      return factory.updateForOfStatement(node, node.awaitModifier, node.initializer, node.expression, block(node.statement))
    }
    if (ts.isWhileStatement(node)) return factory.updateWhileStatement(node, node.expression, block(node.statement))
    if (ts.isCaseClause(node)) return factory.updateCaseClause(node, node.expression, [statement(), ...node.statements])
    if (ts.isDefaultClause(node)) return factory.updateDefaultClause(node, [statement(), ...node.statements])
    if (ts.isConditionalExpression(node)) return markConditional(node)
    if (ts.isBinaryExpression(node) && isShortCircuit(node.operatorToken.kind)) {
      return factory.updateBinaryExpression(node, node.left, node.operatorToken, marked(node.right))
    }
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = node
      return factory.updateArrowFunction(node, modifiers, typeParameters, parameters, type, equalsGreaterThanToken, marked(body))
    }
    if (ts.isBlock(node) && node.parent !== undefined && ts.isFunctionLike(node.parent)) return block(node)
    return node
  }

  function markConditional(node: ts.ConditionalExpression): ts.Node {
    const { condition, questionToken, whenTrue, colonToken, whenFalse } = node
    return factory.updateConditionalExpression(node, condition, questionToken, marked(whenTrue), colonToken, marked(whenFalse))
  }

  // Types hold conditionals of their own, which never run.
  const visit = (node: ts.Node): ts.Node => (ts.isTypeNode(node) ? node : mark(ts.visitEachChild(node, visit, context)))
  return ts.visitEachChild(file, visit, context)
}

function isShortCircuit(kind: ts.SyntaxKind): boolean {
  const { AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken } = ts.SyntaxKind
  return kind === AmpersandAmpersandToken || kind === BarBarToken || kind === QuestionQuestionToken
}
